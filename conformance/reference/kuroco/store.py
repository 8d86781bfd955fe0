"""Stores the topics of the site, including deleted ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

GROUP = 1
"""The one topic group that the site has."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its title, its other members as they were sent, and its texts by extension field."""

    topics_id: int
    subject: str
    texts: Mapping[str, str]
    members: Mapping[str, Any]
    inserted: str
    updated: str


@dataclass(slots=True)
class TopicStore:
    """All topics by ID, including deleted ones. IDs are never reused; `now` is a clock in seconds since 1970."""

    now: Callable[[], float]
    topics: dict[int, Topic] = field(default_factory=dict)
    deleted: dict[int, Topic] = field(default_factory=dict)
    next_id: int = 1001

    def insert(self, subject: str, texts: Mapping[str, str], members: Mapping[str, Any]) -> Topic:
        """Store a new topic and return it."""
        stamp = self._stamp()
        topic = Topic(self.next_id, subject, dict(texts), dict(members), stamp, stamp)
        self.next_id += 1
        self.topics[topic.topics_id] = topic
        return topic

    def update(self, topic: Topic, subject: str, texts: Mapping[str, str], members: Mapping[str, Any]) -> Topic:
        """Change a topic and return it; what is not given is kept."""
        changed = replace(
            topic,
            subject=subject,
            texts={**topic.texts, **texts},
            members={**topic.members, **members},
            updated=self._stamp(),
        )
        if topic.topics_id in self.topics:  # a late fault may change a topic that is deleted by then
            self.topics[topic.topics_id] = changed
        return changed

    def delete(self, topic: Topic) -> None:
        """Delete a topic."""
        self.deleted[topic.topics_id] = self.topics.pop(topic.topics_id)

    def _stamp(self) -> str:
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
