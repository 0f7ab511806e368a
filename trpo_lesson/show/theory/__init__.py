"""The figures of the theory chapters, a module for each chapter, drawn from the arrays that it computes."""
