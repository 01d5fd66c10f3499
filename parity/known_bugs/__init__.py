"""Known bugs of ports: how each is planted into a right port and recognised in a wrong one."""
