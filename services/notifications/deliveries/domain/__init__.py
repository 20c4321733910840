"""The life of a delivery, and which mails an approval yields."""
