import torch
from torch import nn
from torch.nn import functional


class SqueezeExcite(nn.Module):
    def __init__(self, channels=8, reduced=8):
        super().__init__()
        self.fc1 = nn.Linear(channels, reduced)
        self.fc2 = nn.Linear(reduced, channels)

    def forward(self, image):
        pooled = image.mean((1, 2))
        weights = functional.hardsigmoid(self.fc2(torch.relu(self.fc1(pooled))))
        return image * weights[:, None, None, :]
