"""Makes the figure of the built-in scenes from one photograph: config/scene/figure.npz and figure.jpg.

Run `python -m gesture_robot.scene.build_figure` after a change here; it is not needed to use the package. Needs the
extras `perception` and `demo`. The photograph is NASA's portrait of Eileen Collins (public domain). MediaPipe FaceMesh
gives 468 face points with depth; around them hair and skull are closed to a solid head, so that it can turn. The body
is a relief of the cut-out suit; what the photograph does not show (one arm, hips, legs) is continued from its cloth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.scene.build_body import build_body, paint_arm, paint_body
from gesture_robot.scene.build_head import OVAL, build_head
from gesture_robot.scene.layout import ARM_PAGE, ATLAS_SIZE, BACK_PAGE, BODY_PAGE, FREE_PAGE, HEAD_PAGE, PAGE_ORIGIN_UV

DEPTH_GAIN = 1.12
"""On the depth of the landmarks, which one picture gives too flat; so a turned face measures as turned."""


def cut_out(photo: Array) -> Array:
    """Person mask (512, 512) uint8 0/1: MediaPipe's selfie segmentation sharpened by GrabCut."""
    import cv2
    import mediapipe as mp

    with mp.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0) as model:
        soft = model.process(photo).segmentation_mask
    sure = cv2.erode((soft > 0.5).astype(np.uint8), np.ones((9, 9)))
    never = cv2.dilate((soft > 0.25).astype(np.uint8), np.ones((13, 13))) == 0
    mask = np.where(soft > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[sure > 0], mask[never] = cv2.GC_FGD, cv2.GC_BGD
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def find_landmarks(photo: Array) -> Array:
    """(468, 3) u, v, d [px]; d grows towards the viewer."""
    import mediapipe as mp

    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as model:
        found = model.process(photo).multi_face_landmarks[0].landmark
    height, width = photo.shape[:2]
    return np.array([[p.x * width, p.y * height, -p.z * width * DEPTH_GAIN] for p in found[:468]])


def build(folder: Path) -> None:
    """Write figure.npz and figure.jpg beside the photograph in `folder`."""
    import cv2

    photo = cv2.cvtColor(cv2.imread(str(folder / "astronaut.jpg")), cv2.COLOR_BGR2RGB)
    mask, points = cut_out(photo), find_landmarks(photo)
    head, front, back = build_head(photo, mask, points)
    atlas = np.zeros((ATLAS_SIZE[1], ATLAS_SIZE[0], 3), np.uint8)
    pages = ((BODY_PAGE, paint_body(photo, mask)), (FREE_PAGE, paint_body(photo, mask, right_arm=False)),
             (HEAD_PAGE, front), (BACK_PAGE, back), (ARM_PAGE, paint_arm(photo)))
    for (left, top), page in pages:
        atlas[top:top + page.shape[0], left:left + page.shape[1]] = page
    parts = {"head": head} | build_body(mask)
    oval = points[list(OVAL)][:, :2] - PAGE_ORIGIN_UV + HEAD_PAGE
    arrays: dict[str, Array] = {"landmarks": points.astype(np.float32), "face_oval": oval.astype(np.float32)}
    for name, (vertices, uv, triangles) in parts.items():
        arrays |= {f"{name}_vertices": vertices.astype(np.float32), f"{name}_uv": uv.astype(np.float32),
                   f"{name}_triangles": triangles.astype(np.int16)}
        print(f"{name}: {len(vertices)} vertices, {len(triangles)} triangles")
    np.savez_compressed(folder / "figure.npz", **arrays)  # type: ignore[arg-type]
    cv2.imwrite(str(folder / "figure.jpg"), cv2.cvtColor(atlas, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])


if __name__ == "__main__":
    from gesture_robot.resources import resource_path

    build(resource_path("config/scene"))
