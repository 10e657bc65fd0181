"""The verdict: are synthetic trades overfit, underfit or well fit, and how is that known?"""
