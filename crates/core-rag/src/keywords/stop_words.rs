//! Words that are in every text and say nothing about it.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a word in lower case is one of them.
pub(super) fn contains(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> =
        LazyLock::new(|| ENGLISH.split_whitespace().chain(CHINESE.split_whitespace()).collect());
    WORDS.contains(word)
}

const ENGLISH: &str = "\
    a about above across after afterwards again against all almost along already also although always am among an and \
    another any anybody anyone anything anyway are aren't around as at away be became because become becomes been before \
    beforehand behind being below beside besides between beyond both but by came can can't cannot come could couldn't did \
    didn't do does doesn't doing don't done down during each either else elsewhere enough etc even ever every everybody \
    everyone everything everywhere except few for from further get gets getting give given go goes going got had hadn't \
    has hasn't have haven't having he he'd he'll he's hence her here here's hers herself him himself his how how's \
    however i i'd i'll i'm i've if in indeed instead into is isn't it it'd it'll it's its itself just kept latter least \
    less let let's like likely made make makes many may maybe me meanwhile might mine more moreover most mostly much must \
    mustn't my myself namely neither never nevertheless no nobody none nor not nothing now nowhere of off often on once \
    one ones only onto or other others otherwise ought our ours ourselves out over own per perhaps please put quite \
    rather really said same say says see seem seemed seems several shall shan't she she'd she'll she's should shouldn't \
    since so some somebody somehow someone something sometimes somewhere still such take than that that'll that's the \
    their theirs them themselves then there there's therefore these they they'd they'll they're they've thing things this \
    those though through throughout thus to together too toward towards under unless until up upon us used uses using \
    usually various very via was wasn't way we we'd we'll we're we've well went were weren't what what's whatever when \
    when's whenever where where's whereas wherever whether which whichever while who who's whoever whole whom whose why \
    why's will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours yourself \
    yourselves";

const CHINESE: &str = "\
    的 了 和 与 及 或 是 在 有 我 你 您 他 她 它 我们 你们 您们 他们 她们 它们 咱们 自己 大家 别人 这 那 这个 那个 这些 那些 这里 那里 这儿 那儿 \
    这样 那样 这么 那么 这种 那种 这时 那时 此 此时 此外 其 其中 其他 其它 其实 之 之一 之前 之后 之间 以 以及 以后 以前 以来 以上 以下 以便 以为 \
    并 并且 并不 而 而且 而是 但 但是 不过 可是 然而 却 只 只是 只有 只要 就 就是 才 都 也 也是 还 还是 还有 又 再 再次 很 非常 十分 太 更 更加 \
    最 比较 相当 极 极其 几乎 大概 大约 左右 不 不是 不会 不能 不要 不用 没 没有 未 无 非 别 勿 会 能 能够 可 可以 可能 应 应该 应当 该 需 需要 \
    必须 要 想 想要 愿意 得 地 着 过 把 被 让 使 使得 令 给 对 对于 关于 由 由于 因 因为 因此 因而 所以 所 所有 于 于是 从 从而 自 自从 到 往 向 \
    朝 按 按照 根据 依据 依照 通过 经过 随着 沿着 除 除了 除非 如 如果 如此 如何 如同 假如 假设 若 若是 倘若 要是 即 即使 即便 尽管 虽然 虽 无论 \
    不论 不管 不仅 不但 不光 甚至 甚而 何况 况且 另 另外 另一方面 一方面 同时 同样 首先 其次 然后 接着 最后 最终 总之 总的来说 例如 比如 譬如 \
    等 等等 之类 什么 怎么 怎样 怎么样 为什么 为何 何 何时 何处 哪 哪个 哪些 哪里 哪儿 谁 多少 几 几个 多么 吗 呢 吧 啊 呀 哦 嗯 哈 啦 嘛 么 \
    每 每个 各 各个 各种 某 某个 某些 任何 一 一个 一些 一下 一样 一般 一直 一定 一切 一旦 一种 一起 二 两 两个 三 个 些 种 次 件 位 名 上 下 \
    中 里 内 外 前 后 左 右 间 旁 时 时候 当 当时 当然 正在 正 已 已经 曾 曾经 将 将要 刚 刚刚 马上 立刻 现在 目前 今 今后 来 来说 去 起来 出来 \
    进行 作为 作 做 成为 成 为 为了 为着 称为 叫 说 说明 认为 觉得 知道 看 看到 看来 有关 有的 有些 有时 有所 多 少 许多 很多 不少 大多 大量 部分";
