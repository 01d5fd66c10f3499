"""Known bugs of ports: planting them into a correct port and recognising them in a wrong one."""
