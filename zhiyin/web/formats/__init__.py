"""How numbers and dates are written, where Django's own formats do not suit dense pages."""
