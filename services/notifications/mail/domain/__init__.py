"""What a mail says, and words made safe for headers and pages."""
