"""The paper's table: every shipped model simulated on its whole test set, beside Esser et al. 2016."""
