namespace StateSpace.Models.Tokenization;

/// <summary>A token that is found in a text by its spelling, before anything else happens to the text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its spelling.</param>
/// <param name="IsSpecial">Whether it controls the model and is no part of a text.</param>
/// <param name="IsNormalized">Whether it is looked for in the normalized text rather than in the text as given.</param>
/// <param name="IsSingleWord">Whether it counts only where no word character stands beside it.</param>
/// <param name="StripsLeft">Whether it takes the white space before it.</param>
/// <param name="StripsRight">Whether it takes the white space behind it.</param>
internal sealed record AddedToken(
    int Id,
    string Content,
    bool IsSpecial = true,
    bool IsNormalized = false,
    bool IsSingleWord = false,
    bool StripsLeft = false,
    bool StripsRight = false);
