"""What is done later with deliveries: they are made of approvals, sent, and removed from the mailbox."""
