"""The rules beside the model, over the same chunks: each checks the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extraction.document.document import Document
from extraction.errors import (
    ExtractionError,
    MisconfiguredError,
    RetryableError,
    StoppedError,
)
from extraction.llm.comparing import compare, merged_of
from extraction.llm.conversation import USAGE_KEYS, Model
from extraction.llm.extractor import ModelExtractor, ModelRun
from extraction.llm.finishing import finished, merged_objects, relationships_said
from extraction.model import Chunk, ChunkResult, Control, Extraction, Options
from extraction.offline import OfflineExtractor
from extraction.rules.e_invoice import is_settled
from extraction.schema.object_types import ObjectType

_RULES, _MODEL, _FAILED = "rules", "model", "model_failed"


@dataclass(frozen=True, slots=True)
class HybridRun:
    """See `extraction.model.Run`: the model's run, and in it the rules' over the same chunks."""

    model: ModelRun
    digest: str

    @property
    def document(self) -> Document:
        """What is read."""
        return self.model.document

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """The steps of both."""
        return self.model.chunks

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """Do one chunk with both. Raises as ModelRun's does, but for what concerns this chunk alone."""
        paid = dict.fromkeys(USAGE_KEYS, 0)

        def count(usage: Mapping[str, int]) -> None:
            for key, amount in usage.items():
                paid[key] = paid.get(key, 0) + amount
            control.on_usage(usage)

        by_rules = self.model.offline.chunk(index, control=control)
        findings: list[dict[str, Any]] = [
            {"by": _RULES, "finding": dict(finding)} for finding in by_rules.findings
        ]
        warnings = list(by_rules.warnings)
        objects = by_rules.object_count
        try:
            by_model = self.model.chunk(index, control=replace(control, on_usage=count))
        except (StoppedError, RetryableError, MisconfiguredError):
            raise
        except ExtractionError as error:
            findings.append({"by": _FAILED, "reason": str(error)})
        else:
            findings += [{"by": _MODEL, "finding": dict(f)} for f in by_model.findings]
            warnings += by_model.warnings
            objects = max(objects, by_model.object_count)
        return ChunkResult(
            index=index,
            object_count=objects,
            findings=tuple(findings),
            warnings=tuple(dict.fromkeys(warnings)),
            usage={**by_rules.usage, **paid},
        )

    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        """Put together what both found."""
        run = self.model
        by_model = [_part(result, _MODEL) for result in results]
        failed = {
            result.index: str(finding["reason"])
            for result in results
            for finding in result.findings
            if finding["by"] == _FAILED
        }
        # What is below the least confidence alone may be above it together. What OCR was sure of and e-invoices come
        # last, over both.
        every = replace(
            run.offline,
            options=replace(run.options, min_confidence=0.0),
            document=replace(run.document, e_invoices_start=None, seen=()),
        )
        rules = every.result([_part(result, _RULES) for result in results])
        by_name = {object_type.name: object_type for object_type in run.object_types}
        comparison = compare(
            merged_objects(run.object_types, by_model),
            [merged_of(found, by_name[found.type]) for found in rules.objects],
            [(run.chunks[index].start, run.chunks[index].end) for index in failed],
        )
        reasons = []
        warnings = [f"Chunk {index}: {failed[index]}" for index in sorted(failed)]
        if failed:
            reasons.append(
                f"The model could not read {len(failed)} of {len(run.chunks)} chunks: what is in them "
                "was found by the rules alone."
            )
        if comparison.by_rules_only:
            warnings.append(f"{comparison.by_rules_only} object(s) were found by the rules only.")
        result = finished(
            run.offline,
            comparison.objects,
            results,
            relationships_said(by_model),
            warnings=warnings,
            review_reasons=reasons,
        )
        disputed = [
            f"The model and the rules disagree on {where}."
            for where in sorted(comparison.disputed)
            if not is_settled(result.objects, where)
        ]
        return replace(result, review_reasons=(*disputed, *result.review_reasons))


class HybridExtractor:
    """Extracts with a model and with the rules, and compares.

    A chunk that the model fails at for good still has what the rules found in it, and a person is told. What keeps
    the model from answering for a while, or from answering at all, ends the attempt as it would without the rules.
    """

    def __init__(self, model: Model, *, call_seconds: float = 60.0) -> None:
        self._model = ModelExtractor(model, call_seconds=call_seconds)
        rules = OfflineExtractor
        self.name = f"{rules.name}+{self._model.name}"
        self.version = f"{rules.version}+{self._model.version}"

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> HybridRun:
        """Start the model's run; the rules work through the same chunks."""
        run = self._model.start(document, object_types, options)
        # The model's findings alone are of another form, and the rules' version counts here too.
        return HybridRun(run, f"{run.offline.digest[:32]}{run.digest[:32]}")


def _part(result: ChunkResult, by: str) -> ChunkResult:
    """Return what one of the two found in a chunk."""
    findings = tuple(f["finding"] for f in result.findings if f["by"] == by)
    return ChunkResult(result.index, result.object_count, findings)
