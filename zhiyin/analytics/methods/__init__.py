"""Methods of analysis: arrays and tables in, arrays and tables out; no Django, no database.

Import what you need from its module; this package imports nothing, so that it stays light:

- `rfm`: purchase summaries, scores, named groups
- `bgnbd`, `paretonbd`, `gammagamma`: models of buying and spending, fitted by maximum likelihood
- `prediction`: what to expect of each customer, with intervals
- `clv`: the whole analysis of a purchase record in one call
- `backtest`, `cohorts`, `concentration`, `lifecycle`: tests and descriptions
- `linkage`: records of one person or company in files
- `simulate`: purchase records with known truth
"""
