"""All benchmarks, one after another: `make bench`."""

from __future__ import annotations

import containment
import evidence
import help_time
import html_report
import many_samples
import overhead
import tool_call

if __name__ == "__main__":
    for each in (help_time, tool_call, overhead, evidence, containment, many_samples, html_report):
        each.main()
        print(flush=True)
