"""Understanding a robot from its URDF alone: arms, hands, neck, torso, face, limits and a neutral pose."""
