"""Parameters of the nodes, one dataclass per node. Without rclpy, so that files and documents are made from them too."""
