"""Picture sources: built-in scenes of photograph pixels, camera devices, video files."""
