"""Plans and money: who pays, and what follows from it. The rules know no SDK and no database.

`rules` decides; `checkout` and `events` are the use cases; `outbox` tells the other services;
`ports` is what they need of the world, with `stripe_payments` and `store` behind it.
"""
