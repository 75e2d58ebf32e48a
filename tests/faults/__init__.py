"""Real faults: processes killed, disks full, databases gone. Acknowledged is never lost, and nothing is half done."""
