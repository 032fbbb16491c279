"""Where things lie in the photograph, in the texture made from it, and on the figure.

The photograph's pixels (u right, v down, d towards the viewer) become metres with `PX_PER_M`. The figure frame stands
on the floor below the neck: x forward, y to the person's left, z up.
"""

from __future__ import annotations

PX_PER_M = 645.0
"""Of the photograph at the face, so that MediaPipe's canonical face has its own size."""
EYES_UV = (225.5, 102.6)
"""Middle between the eyes: the origin of the head frame."""
PHOTO_POSE_DEG = (1.0, 11.0, -3.0)
"""Yaw, pitch, roll (intrinsic y, x, z; x right, y up, z to the viewer) that MediaPipe's canonical face
takes in the photograph; a looking straight ahead of it is pitched down by about this much."""
EYE_HEIGHT_M = 1.5
NECK_U = 218.0
"""Column of the neck's axis."""
EYES_FROM_NECK_M = (0.085, 0.0, 0.11)
"""Eye point in the head frame, seen from the pivot about which the head turns."""
BODY_PAGE = (0, 0)
HEAD_PAGE = (420, 0)
BACK_PAGE = (420, 220)
NECK_PAGE = (4, 4)
"""The neck's own picture, 80 wide and 104 high."""
PAGE_ORIGIN_UV = (140, 0)
"""Photograph pixel at the corner of the head pages."""
PAGE_SIZE = (176, 210)
FREE_PAGE = (600, 0)
"""The body again, without its right arm, for the time it waves."""
ARM_PAGE = (440, 440)
"""The waving arm's own picture, 120 wide and 440 high, shoulder at the top."""
ATLAS_SIZE = (1020, 1072)
HIP_HEIGHT_M = 0.75
KNEE_HEIGHT_M = 0.40
CAMERA_M = (0.05, 0.0, 1.28)
"""Of the fixed camera in the robot's base frame; people who look at the robot look here."""
