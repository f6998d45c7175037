import pathlib
import tempfile
import unittest

import names

HELP = """
Options:
  -h,--help                                 Print this
  --max-ids N=32 (Env:SIGNALING_MAX_IDS)    Ids, see --not-this-one
"""
SOURCE = """
  family("signaling_ids", "Ids", gauge);
  log(LogLevel::info, lost ? "ids-lost" : "ids-found", {{"no-event", id}});
  say(*log_, warning, "ids-full");
  RateLimitedLog refused{log, LogLevel::debug, "ids-refused"};
"""
PAGE = """
## The `ids` of 2 kinds

| `signaling_ids`, `signaling_ids_total` | gauge | | `not_this_one` |
| `ids-lost` | info | `id` | they are gone |

`--max-ids 5` bounds [them](#the-ids-of-2-kinds), [not](#nowhere), [here](page.md), [there](none.md), [far](https://a.b/c).
"""


class Names(unittest.TestCase):
    def test_options_are_read(self):
        self.assertEqual(names.options_of_program(HELP), {"--help", "--max-ids"})
        self.assertEqual(names.options_of_pages(PAGE), {"--max-ids"})

    def test_metrics_are_read(self):
        self.assertEqual(names.metrics_of_sources(SOURCE), {"signaling_ids"})
        self.assertEqual(names.metrics_of_page(PAGE), {"signaling_ids", "signaling_ids_total"})

    def test_events_are_read(self):
        events = {"ids-lost", "ids-found", "ids-full", "ids-refused"}
        self.assertEqual(names.events_of_sources(SOURCE), events)
        self.assertEqual(names.events_of_page(PAGE), {"ids-lost"})

    def test_dead_links_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text(PAGE)
            self.assertEqual(names.dead_links(page), ["#nowhere", "none.md"])

    def test_differences_go_both_ways(self):
        self.assertEqual(names.differences("option", {"--a", "--b"}, {"--b"}), ["option --a is on no page"])
        self.assertEqual(names.differences("option", set(), {"--c"}), ["option --c is on a page, and not there"])


if __name__ == "__main__":
    unittest.main()
