"""Measures, simple baselines, and rankings with parts left out."""
