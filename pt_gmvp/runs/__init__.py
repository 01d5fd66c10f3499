"""What every long run shares: its folder, its processes, its progress."""
