"""Elastic inference: plans the exits of multi-exit networks that can be stopped at any moment. Times are seconds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

most_exits: int

class TimeProfile:
    """Seconds of every conv part and branch on one platform."""
    def __init__(self, conv: ArrayLike, branch: ArrayLike) -> None: ...
    @property
    def exits(self) -> int: ...
    @property
    def conv(self) -> NDArray[np.float64]: ...
    @property
    def branch(self) -> NDArray[np.float64]: ...
    def total(self) -> float: ...

class ConfidenceProfile:
    """For every sample and exit, how sure the output is and whether it is right: arrays of shape [samples, exits]."""
    def __init__(self, confidence: ArrayLike, correct: ArrayLike) -> None: ...
    @property
    def exits(self) -> int: ...
    @property
    def samples(self) -> int: ...
    def accuracy(self) -> NDArray[np.float64]: ...
    def every(self, stride: int, first: int) -> ConfidenceProfile: ...

class Law:
    """When the stop comes."""
    def cdf(self, seconds: float) -> float:
        """The probability that the stop has come before `seconds`."""

def uniform(horizon: float | None = None) -> Law:
    """Every moment up to `horizon` is equally likely; by default, up to the total of the time profile."""

def deadline(seconds: float) -> Law: ...
def exponential(mean: float) -> Law: ...
def gaussian(mean: float, deviation: float, horizon: float) -> Law: ...
def histogram(weights: ArrayLike, horizon: float, beyond: float = 0.0) -> Law:
    """Bins of equal width up to `horizon`; `beyond` is the weight of no stop."""

def mixture(weight: float, first: Law, second: Law) -> Law:
    """`first` with probability `weight`, else `second`. A uniform law in it needs its horizon."""

class Plan:
    @property
    def exits(self) -> list[int]: ...
    @property
    def worth(self) -> float:
        """The expected worth of the answer in hand at the stop, less the price of the plan's time."""
    @property
    def optimal(self) -> bool: ...
    @property
    def bound(self) -> float: ...

def exact_plan(
    times: TimeProfile,
    confidences: ArrayLike,
    law: Law = ...,
    in_hand: float = 0.0,
    first: int = 0,
    elapsed: float = 0.0,
    price: float = 0.0,
) -> Plan:
    """The plan that is worth most, in a run that has come to conv part `first` after `elapsed` seconds."""

class Predictor:
    """Predicts the confidences of the exits to come from those so far."""
    @property
    def exits(self) -> int: ...
    def reset(self) -> None: ...
    def observe(self, exit: int, confidence: float) -> None: ...
    def confidences(self) -> NDArray[np.float64]: ...

def prior_predictor(means: ArrayLike) -> Predictor:
    """Predicts the mean of every exit, whatever the sample."""

def fit_quadratic(profile: ConfidenceProfile) -> Predictor:
    """The predictor to begin with."""

class Planner:
    """Says exit by exit which branch to run next. It keeps a copy of the predictor."""
    def __init__(
        self,
        times: TimeProfile,
        predictor: Predictor,
        law: Law = ...,
        *,
        margin: float = 1.0,
        price: float = 0.0,
        follow_pace: bool = True,
        initial_worth: float = 0.0,
    ) -> None: ...
    @property
    def exits(self) -> int: ...
    def reset(self) -> None:
        """Begins a sample."""
    def next_exit(self) -> int | None:
        """The exit whose branch should run next; None if no further output is worth it."""
    def observe(self, exit: int, confidence: float, ready: float, elapsed: float | None = None) -> bool:
        """Takes the confidence of the output of `exit`, done `ready` seconds after reset, and plans anew."""
    def pass_part(self, part: int, elapsed: float) -> bool:
        """Tells that conv part `part` is done: the plan may change with the pace. Optional."""
    def set_law(self, law: Law) -> None: ...
    def set_price(self, price: float) -> None: ...
    def plan(self) -> Plan: ...
    def confidences(self) -> NDArray[np.float64]: ...
    @property
    def pace(self) -> float: ...
