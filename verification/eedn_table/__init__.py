"""Table of every shipped model, simulated on its whole test set, beside the rows of Esser et al. 2016."""
