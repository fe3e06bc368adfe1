"""Checked equations to a flat program of one step."""
