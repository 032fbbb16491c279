"""Understanding a robot from its URDF alone: arms, hands, neck, torso, face, limits and a neutral pose."""

from gesture_robot.robots.analysis.analyse import Analysis, analyse, understand

__all__ = ["Analysis", "analyse", "understand"]
