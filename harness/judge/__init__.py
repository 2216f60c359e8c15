"""A model's opinion on stored transcripts: beside the rules' verdict, never in its place."""
