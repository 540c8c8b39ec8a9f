"""How services bill: by machine, by unit of work, by bytes read. One module per billing shape."""
