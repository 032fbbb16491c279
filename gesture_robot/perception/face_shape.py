"""A mean metric face: where landmarks that no expression moves lie on an adult's head.

Source: our own. The face mesh was run on the photographs that scikit-image and matplotlib bring along (two portraits
and 47 small faces of the Labelled Faces in the Wild subset), each also mirrored; the (x, y, depth) landmarks were
brought together by generalised Procrustes analysis, made symmetric, and scaled so that the outer eye corners are
89 mm apart (mean of adults; L. Farkas, Anthropometry of the Head and Face, 1994: exocanthion to exocanthion 87-91 mm).

Axes are those of the head frame: x out of the face, y to the person's left, z up; the vertical runs from the chin to
the top of the forehead, the origin lies between the eyes.
"""

from __future__ import annotations

import numpy as np

MIDDLE_MM = (
    (10, 9.7, 54.5), (151, 14.4, 38.8), (9, 18.2, 22.0), (8, 17.7, 13.4), (168, 17.9, 5.8), (6, 22.6, -1.7),
    (197, 27.9, -8.3), (195, 33.4, -14.5), (5, 39.2, -21.1), (4, 42.2, -29.4), (2, 26.6, -43.3),
)
"""Landmark, x, z of points in the middle plane."""
PAIRS_MM = (
    (263, 33, -2.6, 44.5, 0.5), (362, 133, 2.6, 18.0, -0.5), (359, 130, -3.6, 47.0, 0.3),
    (463, 243, 3.5, 15.8, -0.7),
    (332, 103, -7.6, 49.2, 43.9), (297, 67, 2.3, 34.5, 50.6), (284, 54, -18.8, 58.8, 34.0),
    (356, 127, -48.8, 69.2, -7.6), (454, 234, -51.9, 68.7, -22.6), (345, 116, -12.9, 62.4, -17.6),
    (346, 117, -1.4, 51.6, -16.0), (347, 118, 4.1, 44.0, -17.9), (280, 50, 5.6, 47.6, -31.7),
    (327, 98, 18.7, 17.0, -41.6), (294, 64, 22.6, 18.9, -37.6),
    (372, 143, -15.7, 61.0, -5.1), (264, 34, -29.7, 67.4, -6.8), (251, 21, -29.4, 64.8, 21.8),
)
"""Left landmark, right landmark, x, y of the left one, z."""

RIGID = np.array([row[0] for row in MIDDLE_MM] + [row[0] for row in PAIRS_MM] + [row[1] for row in PAIRS_MM])
"""(47,) landmark numbers."""
RIGID_M = np.array([(x, 0.0, z) for _, x, z in MIDDLE_MM] + [(x, y, z) for _, _, x, y, z in PAIRS_MM]
                   + [(x, -y, z) for _, _, x, y, z in PAIRS_MM]) / 1000.0
"""(47, 3) their places in the head frame [m]."""
RIGID.setflags(write=False)
RIGID_M.setflags(write=False)
