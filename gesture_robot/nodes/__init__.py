"""The ROS 2 shell: nodes that convert messages and call the core. The only place that imports rclpy or messages."""
