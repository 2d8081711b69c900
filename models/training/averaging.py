"""The running mean of a network's weights, which is steadier than the weights of any one step."""

import torch


def follow(average, net, step, most):
    """Moves `average`, a network like `net`, towards it after step number `step`, counted from 1.

    The share that stays grows from 1/11 to `most`, so that the first weights are soon forgotten.
    Buffers, which are statistics and no weights, are `net`'s.
    """
    keep = min(most, step / (step + 10))
    with torch.no_grad():
        for ours, theirs in zip(average.parameters(), net.parameters()):
            ours.lerp_(theirs, 1 - keep)
        for ours, theirs in zip(average.buffers(), net.buffers()):
            ours.copy_(theirs)
