"""`SpikingClassifier`: training by scikit-learn's rules.

A thin estimator over plugins: an encoder and a topology make the network, a trainer trains it. What it adds is how
scikit-learn's data become 8-bit levels, which every encoder takes as a camera's: a value x of a feature whose training
values lie between `low` and `high` becomes the level round(255·(x − low)/(high − low)), cut off at 0 and 255.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, check_X_y, validate_data

from neurosyn.api.on_chip import OnChip
from neurosyn.api.samples import level_ranges, plain_numbers, training_defaults, weighted_samples
from neurosyn.data.dataset import Split
from neurosyn.data.encoder import Encoder
from neurosyn.model.inference import class_scores, infer, input_spikes
from neurosyn.model.model import Model
from neurosyn.network.layer import MapShape
from neurosyn.network.network import Network, build_network
from neurosyn.network.topology import LayerSpec, Topology
from neurosyn.options import OptionsError
from neurosyn.registry import registry
from neurosyn.scenario.tables import contracts
from neurosyn.training.hold_out import hold_out
from neurosyn.training.trainer import Trainer, TrainingContext, TrainingData, require_trainable

__all__ = ["SpikingClassifier"]

PLUGINS = {"topology": "topologies", "encoder": "encoders", "trainer": "trainers"}
"""Parameters that name a plugin, and its group."""

LOGIT_SCALE = 20.0
"""Factor of the class scores in the softmax, where the trainer has no option of its own for it."""


def _can_start(classifier: SpikingClassifier) -> bool:
    """Return True if the trainer can start from a model's weights."""
    kind, _ = classifier._table("trainer")
    return bool(registry.get("trainers", kind).warm_starts)  # type: ignore[attr-defined]


class SpikingClassifier(OnChip, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network of trinary weights and spiking neurons, ready to be compiled onto cores.

    Parameters
    ----------
    topology : str, dict or list of dict, default="auto"
        Name of a topology plugin, a table of ``kind`` and options as in a scenario, or the layers written out. "auto":
        ``eedn_tiny`` for images of at least 8×8, else ``dense``.
    encoder : str or dict, default="auto"
        Encoder plugin, or table. "auto": ``contrast`` for images, ``unit`` for feature vectors.
    trainer : str or dict, default="eedn"
        Trainer plugin, or table. Options that are left out have the trainer's defaults, with two exceptions:
        ``epochs`` grows until there are 300 steps, and images are shifted by a sixteenth of their size at most,
        feature vectors not at all.
    image_shape : tuple (height, width) or (height, width, channels) or None, default=None
        Shape of the images that the rows of a two-dimensional `X` hold; None for feature vectors.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss, 1 for absent ones; "balanced": inversely to their numbers of samples.
    validation_fraction : float, default=0.0
        Share of the training samples held out to watch progress on, see `history_`.
    warm_start : bool, default=False
        When set to True, `fit` starts from the weights of the previous call; otherwise from random weights.
    checkpoints : str, path or None, default=None
        Folder for the trainer's checkpoints. An interrupted `fit` that is called again with the same data and an
        integer `random_state` resumes there and gives the model of an uninterrupted one.
    random_state : int, RandomState instance or None, default=None
        Decides first weights, order of samples, and the network's permutations.

    Attributes
    ----------
    classes_ : array (n_classes,)
        Class labels.
    n_features_in_ : int
        Features; for images height · width · channels.
    feature_names_in_ : array (features,)
        Names of the columns, if `X` was a data frame.
    model_ : Model
        The trained network; `neurosyn.model.model_file.save_model` writes it to a file that scenarios take.
    image_shape_ : MapShape
        Shape of the encoder's input: (1, 1, features) for feature vectors.
    input_low_, input_high_ : float arrays (features,), or numbers for images
        Values that become level 0 and level 255. Images of type uint8 stay as they are.
    history_ : list of dict
        One entry an epoch, as the trainer reports them: the learning curve.
    n_trainings_ : int
        Number of calls of `fit` and `partial_fit` that trained the model.

    Notes
    -----
    *Restarting and continuing.* `fit` starts from random weights. With ``warm_start=True`` a second `fit` keeps
    the ranges of the input and the weights of the first, hidden ones included, and is a new training in all else: the
    schedule of the learning rate and the optimiser's state are reset, so that two `fit` are not one of twice the
    epochs. `partial_fit` is the same with one epoch over the given samples alone (unless the trainer's
    ``epochs`` is given); the ranges are those of its first call, and the normalisation is measured on the samples of
    the last: let each batch have samples of all classes. To interrupt and resume one training, give `checkpoints`: the
    result is identical. Equal data, parameters and integer `random_state` always give equal models,
    also through a sequence of `partial_fit`; `n_trainings_` enters the seed.

    Single options can be set and searched as ``trainer__rate``, ``topology__inputs`` and so on.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from neurosyn import SpikingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SpikingClassifier(random_state=0).fit(X, y)
    >>> bool(classifier.score(X, y) > 0.9)
    True
    >>> classifier.to_program().cores
    3
    """

    def __init__(
        self,
        topology: str | Mapping[str, Any] | list[LayerSpec] = "auto",
        *,
        encoder: str | Mapping[str, Any] = "auto",
        trainer: str | Mapping[str, Any] = "eedn",
        image_shape: tuple[int, int] | tuple[int, int, int] | None = None,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        validation_fraction: float = 0.0,
        warm_start: bool = False,
        checkpoints: str | Path | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.topology = topology
        self.encoder = encoder
        self.trainer = trainer
        self.image_shape = image_shape
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.checkpoints = checkpoints
        self.random_state = random_state

    # Fitted state, set by `_learn`.
    model_: Model
    n_trainings_: int

    # Parameters.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with `deep` also the options in tables, as ``trainer__rate``."""
        parameters: dict[str, Any] = super().get_params(deep=False)
        if deep:
            for name in PLUGINS:
                if isinstance(parameters[name], Mapping):
                    options = parameters[name].items()
                    parameters |= {f"{name}__{key}": value for key, value in options if key != "kind"}
        return parameters

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``trainer__rate=0.1`` sets one option of the trainer."""
        super().set_params(**{key: value for key, value in params.items() if "__" not in key})
        for key, value in params.items():
            name, nested, option = key.partition("__")
            if not nested:
                continue
            if name not in PLUGINS or isinstance(getattr(self, name), list):
                raise ValueError(f"Invalid parameter {key!r} for estimator {self}; {sorted(PLUGINS)} have options.")
            table = getattr(self, name)
            setattr(self, name, {**({"kind": table} if isinstance(table, str) else table), option: value})
        return self

    def _table(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return kind and options of a parameter that names a plugin."""
        value = getattr(self, name)
        if isinstance(value, str):
            return value, {}
        if name == "topology" and isinstance(value, (list, tuple)):
            return "layers", {"layers": list(value)}
        if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
            raise ValueError(  # noqa: TRY004
                f"{name} = {value!r}: must be the name of a plugin or a table with its name as `kind`"
            )
        return value["kind"], {key: plain_numbers(option) for key, option in value.items() if key != "kind"}

    def _plugin(self, name: str, kind: str, options: dict[str, Any]) -> Any:
        """Return the plugin of a parameter.

        Raises
        ------
        ValueError
            If an option is wrong, as scikit-learn has it for parameters.
        """
        group = PLUGINS[name]
        try:
            return registry.build(group, {**options, "kind": kind}, f"{name} '{kind}'", *contracts(group))
        except OptionsError as error:
            raise ValueError(str(error)) from error

    # Training.

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array (n_samples, n_features), (n_samples, height, width) or (n_samples, height, width, channels)
            Feature vectors or images; uint8 images are taken as they are.
        y : array (n_samples,)
            Class labels.
        sample_weight : array (n_samples,), optional
            Weights in the loss, at least 0; samples of weight 0 are left out.

        Returns
        -------
        self
        """
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        X, y = self._validated(X, y, reset=not goes_on)
        X, y, weights = self._weighted(X, y, sample_weight)
        classes = np.unique(y)
        if goes_on and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start: y has the classes {classes}, the fitted model has {self.classes_}")
        return self._learn(X, y, classes, weights, first=not goes_on)

    @available_if(_can_start)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Continue training with more samples, in one epoch over them alone; see the notes of the class.

        Parameters
        ----------
        X, y
            As for `fit`.
        classes : array (n_classes,), optional
            All classes of all calls; needed in the first.
        sample_weight
            As for `fit`.

        Returns
        -------
        self
        """
        first = not self.__sklearn_is_fitted__()
        X, y = self._validated(X, y, reset=first)
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        given = np.unique(np.asarray(classes))
        known = given if first else self.classes_
        if classes is not None and not np.array_equal(given, known):
            raise ValueError(f"classes = {classes!r} are not those of the first call to partial_fit: {known}")
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise ValueError(f"y has the class {unknown[0]}, which is none of classes = {known}")
        if self.class_weight == "balanced":
            raise ValueError("class_weight = 'balanced' needs all samples at once; give weights by class")
        X, y, weights = self._weighted(X, y, sample_weight)
        return self._learn(X, y, known, weights, first=first, epochs=1)

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return samples and labels, checked."""
        if getattr(X, "ndim", 2) > 2:
            X, y = check_X_y(X, y, allow_nd=True, estimator=self)
        else:
            X, y = validate_data(self, X, y, reset=reset)
        check_classification_targets(y)
        shape = self._shape_of(X)
        if reset:
            self.n_features_in_ = shape.size
            self.image_shape_ = shape
        self._check_shape(shape)
        return X, y

    def _weighted(
        self, X: NDArray[Any], y: NDArray[Any], sample_weight: Any
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64] | None]:
        """Return the samples that count, their labels and their weights; see `weighted_samples`."""
        if sample_weight is None and self.class_weight is None:
            return X, y, None
        kind, _ = self._table("trainer")
        if not registry.get("trainers", kind).sample_weights:  # type: ignore[attr-defined]
            raise ValueError(f"trainer '{kind}' has no weights of samples or classes; choose e.g. eedn")
        return weighted_samples(X, y, sample_weight, self.class_weight)

    def _shape_of(self, X: NDArray[Any]) -> MapShape:
        """Return the shape of a sample as an image."""
        if X.ndim == 2:
            if self.image_shape is None:
                return MapShape(1, 1, X.shape[1])
            if len(self.image_shape) not in (2, 3):
                raise ValueError(f"image_shape = {self.image_shape}: give (height, width) or (height, width, channels)")
            shape = MapShape(*(*self.image_shape, 1)[:3])
            if shape.size != X.shape[1]:
                raise ValueError(
                    f"image_shape = {self.image_shape} has {shape.size} values, X has {X.shape[1]} features"
                )
            return shape
        if X.ndim > 4:
            raise ValueError(f"X has shape {X.shape}; give (samples, features) or (samples, height, width, channels)")
        return MapShape(X.shape[1], X.shape[2], X.shape[3] if X.ndim == 4 else 1)

    def _check_shape(self, shape: MapShape) -> None:
        if shape != self.image_shape_:
            raise ValueError(f"X has samples of shape {shape}, {type(self).__name__} was fitted on {self.image_shape_}")

    def _learn(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        classes: NDArray[Any],
        weights: NDArray[np.float64] | None,
        *,
        first: bool,
        epochs: int | None = None,
    ) -> Self:
        """Train on validated samples, from random weights or from those of the model."""
        if len(classes) < 2:
            raise ValueError(f"the data contains only one class: {classes[0]}; give samples of at least 2 classes")
        if len(X) < 2:
            raise ValueError(f"n_samples = {len(X)}: the network's normalisation needs at least 2 samples")
        if first:
            self.input_low_, self.input_high_ = level_ranges(X, of_images=not self._is_vector)
        number = 0 if first else self.n_trainings_
        random = check_random_state(self.random_state)
        seed, split_seed, network_seed = (
            int(part) for part in np.random.SeedSequence([random.randint(1 << 31), number]).generate_state(3)
        )
        encoder, encoder_spec = self._make_encoder()
        network = self._make_network(encoder, len(classes), network_seed, None if first else self.model_.network)
        trainer = self._make_trainer(len(X), epochs)
        require_trainable(trainer, network)
        start = None if first else self.model_
        if start is not None and not trainer.warm_starts:
            raise ValueError(f"warm_start: trainer '{self._table('trainer')[0]}' cannot begin with given weights")
        split = Split(self._levels(X), np.searchsorted(classes, y).astype(np.int32), weights=weights)
        train, validation = hold_out(split, self.validation_fraction, None, np.random.default_rng(split_seed))
        data = TrainingData(train, validation, encoder, encoder_spec, tuple(map(str, classes)))
        with ExitStack() as stack:
            folder = self.checkpoints or stack.enter_context(tempfile.TemporaryDirectory())
            model = trainer.train(network, data, TrainingContext(Path(folder), seed, start=start))
        self.model_ = model
        self.classes_ = classes
        self.history_: list[dict[str, Any]] = list(model.provenance.get("history", []))
        self.n_trainings_ = number + 1
        return self

    def _make_encoder(self) -> tuple[Encoder, dict[str, Any]]:
        kind, options = self._table("encoder")
        if kind == "auto":
            kind = "unit" if self._is_vector else "contrast"
        encoder: Encoder = self._plugin("encoder", kind, options)
        return encoder, {"kind": kind, **encoder.to_table()}

    def _make_network(self, encoder: Encoder, n_classes: int, seed: int, known: Network | None) -> Network:
        kind, options = self._table("topology")
        if kind == "auto":
            kind = "dense" if min(self.image_shape_[:2]) < 8 else "eedn_tiny"
        topology: Topology = self._plugin("topology", kind, options)
        shape = MapShape(*encoder.shape(self.image_shape_))
        specs = topology.layers(shape, n_classes)
        if known is None:
            ticks = encoder.ticks_of(self.image_shape_)
            return build_network(specs, shape, n_classes, seed, topology.copies, ticks_per_frame=ticks)
        if known.inputs != shape or list(known.specs) != specs:
            raise ValueError("warm_start: topology or encoder have changed since the last fit; set warm_start=False")
        return known if known.copies == topology.copies else known.copied(topology.copies)

    def _make_trainer(self, samples: int, epochs: int | None) -> Trainer:
        kind, options = self._table("trainer")
        trainer: Trainer = self._plugin("trainer", kind, options)
        defaults = training_defaults(trainer, samples, min(self.image_shape_[:2]), epochs)
        completed: Trainer = self._plugin("trainer", kind, defaults | options)
        return completed

    # Use.

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    @property
    def _is_vector(self) -> bool:
        return bool(self.image_shape_[:2] == (1, 1))

    def _levels(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        """Return samples as 8-bit images."""
        width = np.where(self.input_high_ > self.input_low_, self.input_high_ - self.input_low_, 1)
        scaled = np.rint((X.astype(np.float64) - self.input_low_) / width * 255)
        levels: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
        return levels.reshape(-1, *self.image_shape_)

    def input_spikes(self, X: ArrayLike) -> NDArray[np.uint8]:
        """Return the input spikes of the chip: uint8 (n_samples · ticks per frame, inputs), for `to_program`."""
        check_is_fitted(self)
        if getattr(X, "ndim", 2) > 2:
            X = check_array(X, allow_nd=True, estimator=self)
        else:
            X = validate_data(self, X, reset=False)
        assert isinstance(X, np.ndarray)
        self._check_shape(self._shape_of(X))
        levels = self._levels(X)
        encoder, _ = self._make_encoder()
        return input_spikes(self.model_, encoder, levels)

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        return class_scores(self.model_.network, infer(self.model_, self.input_spikes(X)))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class with the highest mean of output spikes, the first of equals, as the chip does."""
        check_is_fitted(self)
        return np.asarray(self.classes_[self._scores(X).argmax(axis=1)])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the softmax of the class scores as in training, (n_samples, n_classes); not calibrated."""
        check_is_fitted(self)
        scores = self._scores(X)
        kind, options = self._table("trainer")
        scale = getattr(self._plugin("trainer", kind, options), "logit_scale", LOGIT_SCALE)
        powers = np.exp(scale * (scores - scores.max(axis=1, keepdims=True)))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))
