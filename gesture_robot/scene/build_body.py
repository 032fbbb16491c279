"""Body below the head (offline): the cut-out suit, continued from its own cloth, as a relief with two legs."""

from __future__ import annotations

import numpy as np

from gesture_robot.checks import Array
from gesture_robot.scene.layout import EYE_HEIGHT_M, EYES_UV, FREE_PAGE, NECK_PAGE, NECK_U, PX_PER_M

Mesh = tuple[Array, Array, Array]

CANVAS = (1072, 420)
MIRROR_U = 195.0
"""The free arm on the left of the picture is mirrored at this column to replace the helmet."""
SEAM_UV = ((372, 296), (330, 340), (292, 372), (284, 404), (262, 434), (212, 470), (198, 512), (420, 512), (420, 296))
HIP_ROWS = ((530, 42, 352), (560, 62, 334), (600, 70, 326))
LEG_TOP_V, KNEE_V, BOOT_V = 575, 800, 972
LEG_U = {"left": 262.0, "right": 134.0}
LEG_HALF_PX = ((575, 68), (640, 66), (800, 52), (960, 44), (1000, 51), (1052, 54), (1070, 50))
TORSO_DEPTH_M = 0.15
RIGHT_ARM_UV = ((96, 268), (112, 300), (118, 350), (120, 400), (150, 436), (196, 452), (206, 500), (196, 560),
                (60, 575), (0, 540), (0, 268))
FREE_SIDE = ((226, 60), (268, 84), (320, 96), (400, 98), (500, 88), (560, 66))
"""Row and left end of the body without its right arm."""
NECK_HALF_PX = ((128, 31), (170, 32), (195, 34), (212, 39))


def paint_body(photo: Array, mask: Array, right_arm: bool = True) -> Array:
    """(1072, 420, 3) picture of the body without head: torso, hips, legs, boots; colours run past the outline."""
    import cv2

    height, width = CANVAS
    canvas = np.zeros((height, width, 3), np.uint8)
    torso, inside = _torso(photo, mask)
    canvas[:512] = torso
    canvas[:512] = cv2.inpaint(torso, (1 - inside) * 255, 3, cv2.INPAINT_TELEA)
    cloth = _cloth(torso)
    for row in range(512, LEG_TOP_V + 60):
        canvas[row] = cloth[(row - 512) % len(cloth)]
    blend = np.linspace(0, 1, 24)[:, None, None]
    canvas[500:524] = (canvas[499:475:-1] * (1 - blend) + canvas[500:524] * blend).astype(np.uint8)
    for centre in LEG_U.values():
        _paint_leg(canvas, cloth, round(centre))
    if not right_arm:
        _paint_side(canvas, cloth)
    _paint_hands(canvas, right_arm)
    _paint_neck(canvas, photo)
    return canvas


def _torso(photo: Array, mask: Array) -> tuple[Array, Array]:
    """Rows 0..512 of the suit with the helmet replaced by the mirrored arm; and where it is valid."""
    import cv2

    size = (CANVAS[1], 512)
    mirror = np.array([[-1.0, 0.0, 2 * MIRROR_U], [0.0, 1.0, 0.0]])
    other, other_mask = cv2.warpAffine(photo, mirror, size), cv2.warpAffine(mask, mirror, size)
    seam = np.zeros((512, CANVAS[1]), np.uint8)
    cv2.fillPoly(seam, [np.array(SEAM_UV)], (255,))
    soft = cv2.GaussianBlur(seam, (0, 0), 3).astype(np.float32)[..., None] / 255.0
    torso = photo[:, :CANVAS[1]] * (1 - soft) + other * soft
    inside = np.where(seam > 0, other_mask, mask[:, :CANVAS[1]])
    inside[:140] = 0
    inside[350:, :24] = 0  # the flag's red stripes look like cloth
    inside[350:, round(2 * MIRROR_U) - 24:] = 0
    inside = cv2.erode(cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((9, 9))), np.ones((7, 7)))
    return torso.astype(np.uint8), inside


def _cloth(torso: Array) -> Array:
    """(320, 420, 3) orange cloth: a piece of sleeve, mirrored to and fro."""
    import cv2

    piece = cv2.resize(np.ascontiguousarray(torso[340:460, 48:118]), (140, 160), interpolation=cv2.INTER_CUBIC)
    wide = np.hstack([piece, piece[:, ::-1], piece])
    return np.asarray(np.vstack([wide, wide[::-1]]))


def _paint_leg(canvas: Array, cloth: Array, centre: int) -> None:
    rows = np.arange(LEG_TOP_V, CANVAS[0])
    half = np.interp(rows, *np.array(LEG_HALF_PX, float).T)
    for row, reach in zip(rows, half, strict=True):
        u = np.arange(max(0, centre - 66), min(CANVAS[1], centre + 66))
        across = (u - centre) / reach
        shade = 0.62 + 0.38 * np.sqrt(np.clip(1.0 - across**2, 0.0, 1.0))
        colour = cloth[(row * 2 // 3) % len(cloth), u - u[0] + 20].astype(np.float64)
        if row > BOOT_V:
            colour = np.full_like(colour, 34.0 + 10.0 * (row % 20 < 2) + 30.0 * (row > 1053))
        knee = 0.16 * np.exp(-(((row - KNEE_V - 9 * across) / 7.0) ** 2))
        fold = 1.0 - knee - 0.25 * np.exp(-(((row - BOOT_V) / 5.0) ** 2))
        canvas[row, u] = (colour * (shade * fold)[:, None]).clip(0, 255).astype(np.uint8)


def _paint_side(canvas: Array, cloth: Array) -> None:
    """Plain cloth where the right arm was."""
    import cv2

    where = cv2.fillPoly(np.zeros(canvas.shape[:2], np.float32), [np.array(RIGHT_ARM_UV)], (1.0,))
    soft = cv2.GaussianBlur(where, (0, 0), 4)[..., None]
    rows = np.arange(200, 600)
    shade = np.interp(np.arange(420), (90, 170), (0.72, 1.0))[None, :, None]
    plain = cloth[(rows - 200) % len(cloth)] * shade
    canvas[200:600] = (canvas[200:600] * (1 - soft[200:600]) + plain * soft[200:600]).astype(np.uint8)


def paint_arm(photo: Array) -> Array:
    """(440, 120, 3) sleeve, cuff and glove of the raised arm, from the shoulder to the finger tips."""
    import cv2

    arm = np.zeros((440, 120, 3), np.float32)
    sleeve = cv2.resize(np.ascontiguousarray(photo[262:420, 40:118]), (120, 320), interpolation=cv2.INTER_CUBIC)
    arm[:320] = sleeve
    arm[:140] = arm[279:139:-1]
    arm[322:] = (66, 67, 84)
    arm[300:322] = (214, 210, 202)
    for column in (30, 48, 66, 84):
        cv2.line(arm, (column, 386), (column, 440), (30, 31, 40), 3)
    across = np.linspace(-1.0, 1.0, 120)
    arm *= (0.6 + 0.4 * np.sqrt(1.0 - 0.96 * across**2))[None, :, None]
    return arm.clip(0, 255).astype(np.uint8)


def _paint_hands(canvas: Array, right_arm: bool) -> None:
    """Two gloved hands, one over the other, where the photograph ends: wrist, back of the hand, four fingers."""
    import cv2

    soft = canvas.astype(np.float32)
    hands = (((252, 502), (204, 522), (-1.0, 0.28)), ((138, 502), (186, 524), (1.0, 0.32)))
    for wrist, hand, step in hands if right_arm else hands[:1]:
        reach = np.array(step) * 34.0
        for colour, grow, lift in (((26, 27, 36), 2, 0), ((66, 67, 84), 0, 0), ((92, 93, 112), -7, -3)):
            cv2.line(soft, (wrist[0], wrist[1] + lift), (hand[0], hand[1] + lift), colour, 30 + 2 * grow, cv2.LINE_AA)
            for finger in range(4):
                root = np.array(hand) + [0.0, -12.0 + 8.5 * finger + lift]
                tip = root + reach * (1.0, 0.86, 1.0, 0.8)[finger] + [0.0, 2.0 * finger]
                ends = np.rint([root, tip]).astype(int).tolist()
                cv2.line(soft, ends[0], ends[1], colour, max(3, 10 + grow), cv2.LINE_AA)
    box = (slice(470, 570), slice(100, 290))
    canvas[box] = cv2.GaussianBlur(soft[box], (0, 0), 1.1).clip(0, 255).astype(np.uint8)


def _paint_neck(canvas: Array, photo: Array) -> None:
    """Skin above the black collar where the photograph shows the chin, shaded like a cylinder."""
    import cv2

    skin = photo[150:166, 205:240].reshape(-1, 3).mean(axis=0) * 0.82
    across = np.linspace(-1.0, 1.0, 80)
    shade = 0.55 + 0.45 * np.sqrt(1.0 - 0.95 * across**2)
    rows = np.arange(126, 230)
    edge = 190.0 - 6.0 * across**2
    black = 1.0 / (1.0 + np.exp(-(rows[:, None] - edge[None]) / 1.0))[..., None]
    dark = np.clip((rows - 126) / 60.0, 0.0, 1.0)[:, None, None]
    colour = skin * shade[None, :, None] * (0.62 + 0.38 * dark)
    neck = colour * (1 - black) + np.array([7.0, 7.0, 8.0]) * (0.7 + 0.5 * shade[None, :, None]) * black
    left, top = NECK_PAGE
    canvas[top:top + len(rows), left:left + 80] = cv2.GaussianBlur(neck.clip(0, 255).astype(np.uint8), (0, 0), 1.0)


def build_body(mask: Array) -> dict[str, Mesh]:
    """Meshes in the figure frame [m]: torso with collar, neck, and the two legs hanging straight."""
    _, inside = _torso(np.zeros((512, 512, 3), np.uint8), mask)
    rows = []
    for v in [153, 166, 184, 204, 226, 256, 295, 340, 400, 455, 500]:
        columns = np.nonzero(inside[v])[0]
        rows.append((v, columns.min() - 2.0, columns.max() + 2.0))
    rows += HIP_ROWS
    torso = _relief(rows, TORSO_DEPTH_M)
    side = np.interp([v for v, _, _ in rows], *np.array(FREE_SIDE, float).T)
    cut = [(v, max(low, edge) if v > 240 else low, high) for (v, low, high), edge in zip(rows, side, strict=True)]
    vertices, uv, triangles = _relief(cut, TORSO_DEPTH_M)
    free = (vertices, uv + FREE_PAGE, triangles)
    vertices, uv, triangles = _tube([(v, NECK_U + 2, half) for v, half in NECK_HALF_PX], 0.052)
    neck = (vertices, uv - (NECK_U + 2 - 40, 126) + NECK_PAGE, triangles)
    legs = {f"{name}_leg": _tube([(v, u, half) for v, half in LEG_HALF_PX], 0.085) for name, u in LEG_U.items()}
    return {"torso": torso, "free_torso": free, "neck": neck} | legs


def _tube(rows: list[tuple[int, float, float]], depth_m: float) -> Mesh:
    return _relief([(v, centre - half, centre + half) for v, centre, half in rows], depth_m, 5, 2)


def _relief(rows: list[tuple[int, float, float]], depth_m: float, front: int = 7, back: int = 3) -> Mesh:
    """Rows (v, u from, u to) as rings: half an ellipse to the front, half to the back; texture from the front."""
    behind = np.linspace(np.pi / 2, 1.5 * np.pi, back + 2)[1:-1]
    angles = np.concatenate([np.linspace(-np.pi / 2, np.pi / 2, front), behind])
    count = len(angles)
    vertices, uv = [], []
    for v, low, high in rows:
        u = (low + high) / 2 + (high - low) / 2 * np.sin(angles)
        reach = min(depth_m, 0.45 * (high - low) / PX_PER_M)
        vertices.append(np.column_stack([reach * np.cos(angles), (u - NECK_U) / PX_PER_M, np.full(count, _height(v))]))
        uv.append(np.column_stack([u, np.full(count, float(v))]))
    index = np.arange(count)
    after = np.roll(index, -1)
    triangles = []
    for ring in range(len(rows) - 1):
        a, b = ring * count, (ring + 1) * count
        triangles += [np.column_stack([a + index, b + index, a + after]),
                      np.column_stack([a + after, b + index, b + after])]
    return np.vstack(vertices), np.vstack(uv), np.vstack(triangles)


def _height(v: float) -> float:
    return EYE_HEIGHT_M - (v - EYES_UV[1]) / PX_PER_M
