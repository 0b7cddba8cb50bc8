namespace IrohMoq.Tool.Files;

/// <summary>The exception that is thrown when the peer sends a message that is malformed or not allowed.</summary>
internal sealed class TransferException(string message, Exception? innerException = null) : IOException(message, innerException);
