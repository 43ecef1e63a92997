//! The database's collation `utf8_general_ci`: which texts are equal, and how they sort (rooms-api.md H.2, M). It
//! applies to e-mails, names, titles, tags and filters.
//!
//! Each character has one weight; a letter has that of its capital without accents. Nothing is composed or decomposed:
//! `é` in one and in two characters differ, and each letter has a single weight (`ß` as `S`, `æ` as `Æ`).

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The letters beyond ASCII with the weight of another letter: each word starts with that letter.
const SAME: &str = "\
    AÀÁÂÃÄÅàáâãäåĀāĂăĄąǍǎǞǟǠǡǺǻȀȁȂȃȦȧḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ BḂḃḄḅḆḇ CÇçĆćĈĉĊċČčḈḉ \
    DĎďḊḋḌḍḎḏḐḑḒḓ EÈÉÊËèéêëĒēĔĕĖėĘęĚěȄȅȆȇȨȩḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệ FḞḟ GĜĝĞğĠġĢģǦǧǴǵḠḡ \
    HĤĥȞȟḢḣḤḥḦḧḨḩḪḫẖ IÌÍÎÏìíîïĨĩĪīĬĭĮįİıǏǐȈȉȊȋḬḭḮḯỈỉỊị JĴĵǰ KĶķǨǩḰḱḲḳḴḵ LĹĺĻļĽľḶḷḸḹḺḻḼḽ \
    MḾḿṀṁṂṃ NÑñŃńŅņŇňǸǹṄṅṆṇṈṉṊṋ \
    OÒÓÔÕÖòóôõöŌōŎŏŐőƠơǑǒǪǫǬǭȌȍȎȏȪȫȬȭȮȯȰȱṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợ PṔṕṖṗ \
    RŔŕŖŗŘřȐȑȒȓṘṙṚṛṜṝṞṟ SßŚśŜŝŞşŠšſȘșṠṡṢṣṤṥṦṧṨṩẛ TŢţŤťȚțṪṫṬṭṮṯṰṱẗ \
    UÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰự VṼṽṾṿ WŴŵẀẁẂẃẄẅẆẇẈẉẘ XẊẋẌẍ \
    YÝýÿŶŷŸȲȳẎẏẙỲỳỴỵỶỷỸỹ ZŹźŻżŽžẐẑẒẓẔẕ ÆæǢǣǼǽ ØøǾǿ ƷǮǯʒ Ǆǅǆ Ǉǈǉ Ǌǋǌ Ǳǲǳ \
    ΑΆάαἀἁἂἃἄἅἆἇἈἉἊἋἌἍἎἏὰᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾰᾱᾲᾳᾴᾶᾷᾸᾹᾺᾼ Ββϐ ΕΈέεἐἑἒἓἔἕἘἙἚἛἜἝὲῈ \
    ΗΉήηἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯὴᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟῂῃῄῆῇῊῌ Θθϑ \
    Ι\u{345}ΊΐΪίιϊἰἱἲἳἴἵἶἷἸἹἺἻἼἽἾἿὶιῐῑῒῖῗῘῙῚ Κκϰ Μµμ ΟΌοόὀὁὂὃὄὅὈὉὊὋὌὍὸῸ Ππϖ ΡρϱῤῥῬ Σςσϲ \
    ΥΎΫΰυϋύὐὑὒὓὔὕὖὗὙὛὝὟὺῠῡῢῦῧῨῩῪ Φφϕ ΩΏωώὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὼᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯῲῳῴῶῷῺῼ ϒϓϔ ІЇії \
    АаӐӑӒӓ ГЃгѓ ЕЀЁеѐёӖӗ ЖжӁӂӜӝ ЗзӞӟ ИЍиѝӢӣӤӥ КЌкќ ОоӦӧ УЎуўӮӯӰӱӲӳ ЧчӴӵ ЫыӸӹ ЭэӬӭ ѴѵѶѷ ӘәӚӛ \
    ӨөӪӫ";

/// The letters beyond ASCII with the weight of their capital only.
const CASED: &str = "\
    ðþđħĳŀłŋœŧɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵƣƥʀƨʃƭʈʊʋƴƶƹƽǥƕƿȝȣȥγδζλνξτχψϛϝϟϡϣϥϧϩϫϭϯђєѕјљњћџбвдйлмнпрст\
    фхцшщъьюяѡѣѥѧѩѫѭѯѱѳѹѻѽѿҁҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӄӈӌӕӡաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրց\
    ւփքօֆάέήίύόώⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅺⅻⅼⅽⅾⅿⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ";

static WEIGHTS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let same = SAME.split(' ').flat_map(|word| {
        let weight = word.chars().next().unwrap_or_default();
        word.chars().map(move |letter| (letter, weight))
    });
    let cased = CASED
        .chars()
        .filter_map(|letter| Some((letter, letter.to_uppercase().next()?)));
    same.chain(cased).collect()
});

fn weight(letter: char) -> char {
    match letter {
        'a'..='z' => letter.to_ascii_uppercase(),
        '\0'..='\x7f' => letter,
        // The character set ends at U+FFFF: everything beyond counts as one unknown character.
        '\u{10000}'.. => char::REPLACEMENT_CHARACTER,
        _ => WEIGHTS.get(&letter).copied().unwrap_or(letter),
    }
}

/// The key of a text: equal texts have equal keys, and keys sort as the database sorts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(Vec<char>);

/// The key of a text. Trailing spaces do not count.
pub(crate) fn key(text: &str) -> Key {
    Key(text.trim_end_matches(' ').chars().map(weight).collect())
}

/// Whether the database considers the texts equal.
pub(crate) fn same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// Whether a text contains another one, as the database searches: here every space counts.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    let weights = |text: &str| text.chars().map(weight).collect::<Vec<char>>();
    let (text, part) = (weights(text), weights(part));
    part.is_empty() || text.windows(part.len()).any(|window| window == part)
}

impl Ord for Key {
    /// Pads the shorter key with spaces.
    fn cmp(&self, other: &Self) -> Ordering {
        let padded = |key: &Self, at: usize| key.0.get(at).copied().unwrap_or(' ');
        (0..self.0.len().max(other.0.len()))
            .map(|at| padded(self, at).cmp(&padded(other, at)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_trailing_spaces_do_not_count() {
        for (one, other) in [
            ("resume", "Résumé"),
            ("client", "CLIENT"),
            ("Mas", "Maß"),
            ("ist", "İst"),
            ("ıssız", "ISSIZ"),
            ("е", "ё"),
            ("trail", "trail  "),
            ("jorg@example.test", "Jörg@example.test"),
            ("ǅ", "ǆ"),
            ("ὧδε", "Ωδε"),
        ] {
            assert!(same(one, other), "{one} {other}");
            assert_eq!(key(one).cmp(&key(other)), Ordering::Equal);
        }
    }

    #[test]
    fn separate_letters_and_other_spellings_count() {
        for (one, other) in [
            ("ss", "ß"),
            ("e\u{301}", "é"),
            ("Ø", "O"),
            ("Ł", "L"),
            ("æ", "ae"),
            ("\u{fb01}", "fi"),
            ("й", "и"),
            ("no\u{a0}break", "no break"),
            ("a\tb", "a b"),
            ("a-b", "ab"),
            (" lead", "lead"),
            ("tab\t", "tab"),
        ] {
            assert!(!same(one, other), "{one} {other}");
            assert_ne!(key(one).cmp(&key(other)), Ordering::Equal);
        }
    }

    #[test]
    fn texts_sort_by_weight_and_the_shorter_one_is_padded_with_spaces() {
        let mut texts = [
            "zz", "Ärger", "aal", "æ", "a\t", "a!", "A", "_", "é", "f", "Öl", "9",
        ];
        texts.sort_by_key(|text| key(text));
        // The underscore comes after the capitals, whose weights letters have.
        assert_eq!(
            texts,
            [
                "9", "a\t", "A", "a!", "aal", "Ärger", "é", "f", "Öl", "zz", "_", "æ"
            ]
        );
    }

    #[test]
    fn a_search_ignores_case_and_accents_but_not_spaces() {
        assert!(contains("Café crème", "CREME"));
        assert!(contains("anything", ""));
        assert!(contains("100%_done", "%_"));
        assert!(!contains("Strasse", "ß "));
        assert!(contains("Strasse", "ß"));
        assert!(!contains("Café", "e\u{301}"));
        assert!(!contains("end", "end "));
    }
}
