"""The shop's data: from the systems that run it to the places where it is analysed."""
