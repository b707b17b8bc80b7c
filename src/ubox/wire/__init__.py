"""From bytes to a named request, and back: forms, signatures, parameters by contract, answers by contract."""
