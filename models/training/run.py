"""A training run that goes on where it was stopped and keeps the best weights."""

import math

import torch


class Run:
    """What an epoch leaves behind, saved to `path` after each; lower scores are better, and without
    a score the last weights are the ones that stay.

    Use `rng` (any that can be pickled) and `epoch` of the run, not those that it was made with: an
    earlier run's take their place.
    """

    def __init__(self, path, net, optimiser, schedule, rng):
        self.path, self.parts = path, {"net": net, "optimiser": optimiser, "schedule": schedule}
        self.epoch, self.best, self.weights, self.rng = 0, math.inf, None, rng
        if path.exists():
            saved = torch.load(path, weights_only=False)
            for name, part in self.parts.items():
                part.load_state_dict(saved[name])
            torch.set_rng_state(saved["torch_rng"])
            self.epoch, self.best = saved["epoch"], saved["best"]
            self.weights, self.rng = saved["weights"], saved["rng"]

    def end_epoch(self, score=None):
        self.epoch += 1
        if score is not None and score < self.best:
            self.best = score
            self.weights = {k: v.clone() for k, v in self.parts["net"].state_dict().items()}
        saved = {name: part.state_dict() for name, part in self.parts.items()}
        saved |= {"epoch": self.epoch, "best": self.best, "weights": self.weights, "rng": self.rng,
                  "torch_rng": torch.get_rng_state()}
        torch.save(saved, self.path)

    def best_net(self):
        net = self.parts["net"]
        if self.weights is not None:
            net.load_state_dict(self.weights)
        return net.eval()
