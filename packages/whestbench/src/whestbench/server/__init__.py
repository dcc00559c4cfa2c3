"""An evaluator to submit to: HTTP answers, a queue, graders, a leaderboard."""
