"""Parts that training, pre-training and scoring share: folders, journals, processes, progress."""
