"""The calendar craft: rows into iCalendar (RFC 5545, RFC 7986) that Google, Outlook, Apple and Thunderbird all read."""
