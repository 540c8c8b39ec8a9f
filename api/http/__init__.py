"""What every endpoint shares: problem documents, entity tags, page cursors, amounts, the key."""
