"""Published rates and powers of TrueNorth chips and boards, predicted row by row from the loads of networks."""
