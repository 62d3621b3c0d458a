"""A tech lead's two instruments: decisions that were weighed, and debt that is paid off.

matrix -> record        what a design meeting decides, and how firmly
hotspots -> debt -> sprint -> issues   what to repair first, within a share of the time
"""
