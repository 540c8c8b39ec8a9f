"""Good plans at any size: moves that save money or mend a broken rule, on the choices themselves."""
