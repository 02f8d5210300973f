// Proposed causes: each a hypothesis, with the numbers that speak for and against it.

/** Return pairs of a name and what it is. */
function facts(pairs) {
  const list = make("div", "wb-facts");
  for (const [name, value] of pairs) {
    const fact = make("span", "wb-fact");
    fact.append(make("span", "wb-quiet", `${name} `), make("span", "", value));
    list.append(fact);
  }
  return list;
}

/** Return one proposed cause: a hypothesis, and the numbers that speak for and against it. */
function causeOf(cause) {
  const item = make("li", "wb-cause");
  const head = make("div", "wb-cause-head");
  head.append(make("span", "wb-badge", cause.state), make("span", "wb-quiet", cause.kind));
  item.append(head, make("div", "wb-said", cause.statement));
  if (cause.contrast?.length) item.append(contrast(cause.contrast));
  item.append(facts(cause.numbers));
  for (const note of cause.notes ?? []) item.append(make("div", "wb-quiet", note));
  return item;
}

/** Return how often it holds in the cluster and elsewhere, as a table with bars; a row is where, n, total, share (0 to 1) and its words. */
function contrast(rows) {
  const table = make("table", "wb-contrast");
  const head = make("tr");
  for (const words of ["", "with it", "of", "share"]) head.append(columnHead(words));
  table.append(head);
  for (const row of rows) {
    const line = make("tr");
    const share = make("td", "wb-share");
    const bar = make("span", "wb-share-bar");
    bar.style.width = `${Math.round(60 * Math.min(1, Math.max(0, row.share)))}px`;
    share.append(bar, make("span", "", row.words));
    line.append(make("th", "", row.where), make("td", "wb-digits", row.n), make("td", "wb-digits", row.total), share);
    line.firstChild.scope = "row";
    table.append(line);
  }
  return table;
}

function columnHead(words) {
  const head = make("th", "", words);
  head.scope = "col";
  return head;
}
