"""Pages of posts: seats, who sits there, hand-over."""
