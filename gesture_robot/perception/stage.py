"""One picture in, one social scene out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gesture_robot.datatypes import CameraImage, Engagement, SocialScene
from gesture_robot.perception.config import EngagementConfig, TrackerConfig
from gesture_robot.perception.engagement import EngagementEstimator, attention, level_at_once
from gesture_robot.perception.interactions import find_groups, find_interactions
from gesture_robot.perception.tracking import Tracker
from gesture_robot.protocols import PerceptionBackend


@dataclass(frozen=True, slots=True)
class StageConfig:
    """Settings of everything after the backend."""

    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    engagement: EngagementConfig = field(default_factory=EngagementConfig)


class PerceptionStage:
    """Backend, tracker, engagement and interactions in a row; pictures must come in the order of their stamps."""

    def __init__(self, backend: PerceptionBackend, config: StageConfig | None = None, id_prefix: str = "p"):
        """Ids of people are `id_prefix` and a number."""
        config = config or StageConfig()
        self._backend = backend
        self._config = config
        self._tracker = Tracker(config.tracker, id_prefix)
        self._engagement = EngagementEstimator(config.engagement)
        self.detections = 0
        """What the backend found in the newest picture, also what is not published yet."""

    def process(self, image: CameraImage) -> SocialScene:
        """What is known after this picture."""
        found = self._backend.detect(image)
        self.detections = sum(d.confidence >= self._config.tracker.min_confidence for d in found)
        people = self._tracker.update(found, image)
        engagement = self._engagement.update(people, image.base_from_camera, image.stamp_s)
        groups = find_groups(people)
        interactions = find_interactions(people, groups, image.base_from_camera)
        return SocialScene(image.stamp_s, people, engagement, groups, interactions)

    def glance(self, image: CameraImage) -> SocialScene:
        """What a single picture tells, without memory: everybody at once, the attention of this moment."""
        tracker = Tracker(replace(self._config.tracker, confirm_updates=1))
        people = tracker.update(self._backend.detect(image), image)
        scores = [attention(p, image.base_from_camera, self._config.engagement) for p in people]
        engagement = tuple(Engagement(p.id, level_at_once(score, self._config.engagement), score, p.distance_m)
                           for p, score in zip(people, scores, strict=True))
        groups = find_groups(people)
        interactions = find_interactions(people, groups, image.base_from_camera)
        return SocialScene(image.stamp_s, people, engagement, groups, interactions)

    def reset(self) -> None:
        """Forget everybody; ids start again."""
        self._tracker.reset()
        self._engagement.reset()

    def close(self) -> None:
        """Free the backend."""
        self._backend.close()
