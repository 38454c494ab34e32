using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;

namespace StateSpace.Reporting.Tests.Html;

public sealed class MarkupTests
{
    [Fact]
    public void Texts_and_attributes_are_escaped() =>
        Assert.Equal("<p title=\"&lt;&quot;&#39;&amp;\">a &lt; b &amp; c</p>", new Markup().Element("p", "a < b & c", ("title", "<\"'&")).ToString());

    [Fact]
    public void Any_text_gives_well_formed_XML_that_reads_back()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
        {
            var element = XElement.Parse(new Markup().Element("p", text ?? "", ("title", text)).ToString(), LoadOptions.PreserveWhitespace);
            var expected = string.Concat((text ?? "").Select((c, i) => Legal(text!, i) ? c : '\uFFFD')).Replace('\r', ' ');
            return element.Value == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Characters_that_XML_cannot_hold_are_replaced()
    {
        // Half a surrogate pair cannot be an argument of a theory: those are written as UTF-8 on the way.
        foreach (var (text, expected) in new[] { ("a\ud800b", "a\ufffdb"), ("\udc00", "\ufffd"), ("\0\u001b", "\ufffd\ufffd"), ("𝔸\t\n", "𝔸\t\n") })
            Assert.Equal(expected, XElement.Parse(new Markup().Element("p", text).ToString(), LoadOptions.PreserveWhitespace).Value);
    }

    [Fact]
    public void An_element_that_is_not_closed_is_a_mistake() =>
        Assert.Throws<InvalidOperationException>(() => new Markup().Start("p").ToString());

    private static bool Legal(string text, int i) =>
        System.Xml.XmlConvert.IsXmlChar(text[i])
        || (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
        || (char.IsLowSurrogate(text[i]) && i > 0 && char.IsHighSurrogate(text[i - 1]));
}
