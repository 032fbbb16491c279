"""Parameters of the nodes, one dataclass per node. Without rclpy: files and documents are made from them too."""
