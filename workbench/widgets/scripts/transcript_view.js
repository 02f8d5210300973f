// A transcript as a view of its own, with its keys.

export default {
  render({ model, el }) {
    const transcript = new Transcript();
    const { root } = transcript;
    root.classList.add("wb");
    root.tabIndex = 0;
    root.setAttribute("aria-keyshortcuts", Object.values(STEP_KEYS).join(" "));
    const show = () => transcript.show(model.get("trace"));
    const unfold = () => transcript.open(transcript.at);
    const stop = listenToKeys(root, {
      [STEP_KEYS.next]: () => transcript.go(transcript.at + 1),
      [STEP_KEYS.previous]: () => transcript.go(transcript.at - 1),
      [STEP_KEYS.failed]: () => transcript.go(transcript.failed),
      [STEP_KEYS.found]: () => transcript.go(transcript.found),
      [STEP_KEYS.unfold]: unfold,
      Enter: unfold,
    });
    el.append(root);
    model.on("change:trace", show);
    show();
    root.dataset.ready = "1";
    return () => {
      stop();
      model.off("change:trace", show);
    };
  },
};
