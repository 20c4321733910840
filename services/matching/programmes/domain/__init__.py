"""A visit's programme as a problem, its solution, its timetable."""
